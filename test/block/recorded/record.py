"""Records block events of a loop device of its own while it is sent batches of 4 KiB writes and reads."""
import ctypes, mmap, os, platform, random, re, subprocess, sys, textwrap
HEAD = """# Block trace events of Linux {} on a loop device, 25 Nov 2026 (test/block/recorded/record.py):
# scheduler {}, queue depth 128, max_sectors_kb 1280, max_segments 128. Each batch is what one
# io_submit call was given: R or W, page number + pages. Below it what the kernel reported, in
# order: Q queued, G got a request, P plugged, M and F merged behind and before, U unplugged,
# I inserted, J joined to another request, D issued, C completed.
"""
LETTERS = {'bio_queue': 'Q', 'getrq': 'G', 'plug': 'P', 'bio_backmerge': 'M', 'bio_frontmerge': 'F', 'unplug': 'U', 'rq_insert': 'I', 'rq_merge': 'J', 'rq_issue': 'D', 'rq_complete': 'C'}
def shorten(lines):
    out, events = [], []
    def fill():
        out.extend(textwrap.wrap(' '.join(events), 120)); events.clear()
    for line in lines:
        batch = re.search(r': tracing_mark_write: (batch .*)', line)
        event = re.search(r': block_(\w+): (.*)', line)
        if batch: fill(); out.extend(textwrap.wrap(batch[1], 120))
        elif event:
            name, rest = event[1], event[2]
            where = re.search(r'\d+,\d+ (\w+) .*?(\d+) \+ (\d+)', rest)
            what = f"{'R' if 'R' in where[1] else 'W'}{int(where[2]) // 8}+{int(where[3]) // 8}" if where and name not in ('plug', 'unplug') else ''
            events.append(LETTERS[name] + what)
    fill()
    return '\n'.join(out) + '\n'
T = '/sys/kernel/tracing'; I = T + '/instances/disktime'
sched, out, tunables = sys.argv[1], sys.argv[2], sys.argv[3:] # tunables: low_latency=0
img = '/tmp/disktime-loop.img'
subprocess.run(['truncate', '-s', '256M', img], check=True)
dev = subprocess.check_output(['losetup', '--show', '--direct-io=off', '-f', img], text=True).strip()
name = os.path.basename(dev); q = f'/sys/block/{name}/queue/'
def put(p, v):
    with open(p, 'w') as f: f.write(v)
libc = ctypes.CDLL(None, use_errno=True)
class iocb(ctypes.Structure):
    _fields_ = [('data', ctypes.c_uint64), ('key', ctypes.c_uint32), ('rw', ctypes.c_int32), ('op', ctypes.c_uint16), ('prio', ctypes.c_int16), ('fd', ctypes.c_uint32), ('buf', ctypes.c_uint64), ('nbytes', ctypes.c_uint64), ('off', ctypes.c_int64), ('res2', ctypes.c_uint64), ('flags', ctypes.c_uint32), ('resfd', ctypes.c_uint32)]
try:
    if not os.path.isdir(I[:-9]): subprocess.run(['mount', '-t', 'tracefs', 'nodev', T], check=True)
    put(q + 'scheduler', sched)
    for t in tunables: put(q + 'iosched/' + t.split('=')[0], t.split('=')[1])
    os.mkdir(I)
    st = os.stat(dev); major, minor = os.major(st.st_rdev), os.minor(st.st_rdev)
    print(f'# kernel {platform.release()}, {sched}, nr_requests {open(q+"nr_requests").read().strip()}, max_sectors_kb {open(q+"max_sectors_kb").read().strip()}, rotational {open(q+"rotational").read().strip()}, max_segments {open(q+"max_segments").read().strip()}, cpus {os.cpu_count()}')
    for e in ['bio_queue','bio_backmerge','bio_frontmerge','getrq','plug','unplug','rq_insert','rq_issue','rq_merge','rq_complete','split']:
        put(f'{I}/events/block/block_{e}/enable', '1')
        of_device, of_task = f'dev == {(major << 20) | minor}', f'common_pid == {os.getpid()}'
        # Completions come from the loop device's worker; plugs name no device.
        put(f'{I}/events/block/block_{e}/filter', of_task if e in ('plug','unplug') else of_device)
    os.sched_setaffinity(0, {0})
    fd = os.open(dev, os.O_RDWR | os.O_DIRECT)
    buf = mmap.mmap(-1, 4096 * 512)
    base = ctypes.addressof(ctypes.c_char.from_buffer(buf))
    ctx = ctypes.c_ulong(0); libc.syscall(206, 256, ctypes.byref(ctx))
    rnd = random.Random(7)
    def batch(ios):
        arr = (ctypes.POINTER(iocb) * len(ios))()
        keep = []
        for i, (op, page, pages) in enumerate(ios):
            # every other page of the buffer, so that two pages are never one segment
            c = iocb(data=i, op=op, fd=fd, buf=base + (i * 2 % 512) * 4096 if pages == 1 else base, nbytes=4096 * pages, off=page * 4096)
            keep.append(c); arr[i] = ctypes.pointer(c)
        put(I + '/trace_marker', 'batch ' + ' '.join(f'{"RW"[o]}{p}+{n}' for o, p, n in ios))
        r = libc.syscall(209, ctx, len(ios), arr)
        assert r == len(ios), (r, ctypes.get_errno())
        ev = ctypes.create_string_buffer(32 * 256)
        r = libc.syscall(208, ctx, len(ios), 256, ev, None)
        assert r == len(ios)
    batch([(1, p, 1) for p in range(100, 116)])                 # back merges in the plug
    batch([(1, p, 1) for p in range(215, 199, -1)])             # front merges
    batch([(1, p, 1) for p in rnd.sample(range(1000, 9000), 20)])   # sorted by the elevator
    batch([(1, p, 1) for k in range(10) for p in (3000 + k, 5000 + k)]) # two streams
    batch([(rnd.randint(0, 1), p, 1) for p in rnd.sample(range(1000, 9000), 60)]) # plug overflows
    batch([(1, 400 + k * 16, 16) for k in range(12)])           # plug flush size
    batch([(1, p, 1) for p in (700, 702, 704, 701, 703)])       # gap filling
    batch([(1, p, 1) for p in rnd.sample(range(600, 640), 40)]) # a shuffled run
    # More than the device takes at once, and with kyber than writes may have tags. bfq keeps writes to 96 or
    # 192 of them; which of these others hold, and whether weights are still raised, depends on hints that
    # begin at random and on the time, so that there it is kept to fewer.
    mixed, writes = (200, 200) if sched != 'bfq' else (180, 180) if tunables else (90, 90)
    batch([(rnd.randint(0, 1), p, 1) for p in rnd.sample(range(10000, 60000), mixed)])
    batch([(1, p, 1) for p in rnd.sample(range(10000, 60000), writes)])
    put(I + '/tracing_on', '0')
    lines = open(I + '/trace').read().splitlines()
    open(out, 'w').write(HEAD.format(platform.release(), ' '.join([sched] + tunables)) + shorten(lines))
finally:
    subprocess.run(['losetup', '-d', dev])
    os.path.isdir(I) and os.rmdir(I)
    os.unlink(img)
