#!/bin/sh
# Records bench/traces/sqlite-tar.strace.gz: two SQLite databases and one tar at once, under strace.
#
#   bench/traces/record.sh [OUT.gz]
#
# Needs strace, sqlite3 and tar; works in a new directory under ${DIR:-/var/tmp}, which should lie
# on a disk file system. README.md in this directory says what the programs do and why.
set -eu

out=$(realpath -m "${1:-$(dirname "$0")/sqlite-tar.strace.gz}")
modules=$(realpath "$(dirname "$0")/../../node_modules")
work=$(mktemp -d "${DIR:-/var/tmp}/disktime-record.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"

# A source tree to unpack: this project's own dependencies.
tar -C "$modules" -cf tree.tar zod lodash lru-cache fast-check commander msgpackr

# (a) A small service's database: rollback journal, every commit durable, 20 random rows a commit.
cat > ledger.sql <<'SQL'
PRAGMA page_size = 4096; PRAGMA cache_size = 64;
PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL;
CREATE TABLE account(id INTEGER PRIMARY KEY, owner TEXT, balance INTEGER, note BLOB);
CREATE TABLE entry(id INTEGER PRIMARY KEY, account INTEGER, amount INTEGER, at INTEGER);
CREATE INDEX entry_by_account ON entry(account);
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000)
INSERT INTO account SELECT i, hex(randomblob(8)), 1000, randomblob(300) FROM n;
COMMIT;
SQL
commits=0
while [ $commits -lt 120 ]; do
  cat >> ledger.sql <<'SQL'
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
INSERT OR REPLACE INTO account
  SELECT abs(random()) % 12000 + 1, hex(randomblob(8)), 1000, randomblob(300) FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20)
INSERT INTO entry(account, amount, at) SELECT abs(random()) % 12000 + 1, 5, 0 FROM n;
COMMIT;
SQL
  commits=$((commits + 1))
done

# (b) A bulk load: no journal on disk and no sync, 28 MiB in key order, then rows in random order.
cat > search.sql <<'SQL'
PRAGMA page_size = 4096; PRAGMA cache_size = 256;
PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;
CREATE TABLE document(id INTEGER PRIMARY KEY, title TEXT, body BLOB);
CREATE TABLE word(hash INTEGER, document INTEGER);
CREATE INDEX word_by_hash ON word(hash);
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
INSERT INTO document SELECT i, hex(randomblob(12)), randomblob(650) FROM n;
COMMIT;
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000)
INSERT OR REPLACE INTO document
  SELECT abs(random()) % 40000 + 1, hex(randomblob(12)), randomblob(650) FROM n;
COMMIT;
BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000)
INSERT INTO word SELECT abs(random()) % 1000000, i FROM n;
COMMIT;
SQL

cat > all.sh <<'SH'
sqlite3 ledger.db < ledger.sql > /dev/null &
sqlite3 search.db < search.sql > /dev/null &
mkdir tree && tar -C tree -xf tree.tar &
wait
SH

calls=open,openat,creat,close,read,pread64,readv,preadv,write,pwrite64,writev,pwritev
calls=$calls,copy_file_range,sendfile,lseek,dup,dup2,dup3,fsync,fdatasync,sync,syncfs,msync,mmap
calls=$calls,truncate,ftruncate,fallocate,rename,renameat,renameat2,unlink,unlinkat
# -s 0: no data; -y: each descriptor with its path; -ttt: seconds since the epoch.
strace -f -ttt -y -s 0 -e trace=$calls -e signal=none -o raw.strace sh all.sh

# Every line is kept as strace wrote it, but for the work directory's name, which is made short.
sed -e "s|$work|/data|g" raw.strace > kept.strace
gzip -9n < kept.strace > "$out"
wc -l kept.strace
ls -l "$out"
uname -srm; strace --version | head -n 1; sqlite3 --version; tar --version | head -n 1
