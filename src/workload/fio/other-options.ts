/**
 * The options of fio that disktime does not model: those that only concern fio's own running,
 * logging and checking on a real host are accepted and listed as ignored; those that would change
 * the workload are refused, so that no job silently means something else here than in fio.
 */

/** Accepted, without effect on the simulated workload. */
export const ignoredOptions: ReadonlySet<string> = new Set(
  [
    // Describing and reporting.
    'name description group_reporting new_group stats eta eta_interval status_interval unified_rw_reporting',
    'percentile_list clat_percentiles lat_percentiles slat_percentiles significant_figures',
    'disable_lat disable_clat disable_slat disable_bw_measurement gtod_reduce gtod_cpu clocksource',
    'disk_util unit_base job_max_warnings continue_on_error error_dump ignore_error profile',
    // Logs.
    'write_bw_log write_lat_log write_iops_log write_hist_log write_iolog log_avg_msec log_hist_msec',
    'log_hist_coarseness log_max_value log_offset log_compression log_compression_cpus log_store_compressed',
    'log_unix_epoch log_alternate_epoch log_entries log_prio log_issue_time log_window_value',
    'per_job_logs bwavgtime iopsavgtime block_error_percentiles',
    // Data and its verification.
    'verify do_verify verify_fatal verify_dump verify_async verify_async_cpus verify_backlog',
    'verify_backlog_batch verify_pattern verify_pattern_interval verify_interval verify_offset',
    'verify_only verify_state_save verify_state_load verifysort verifysort_nr',
    'zero_buffers refill_buffers scramble_buffers buffer_pattern buffer_compress_percentage',
    'buffer_compress_chunk dedupe_percentage dedupe_mode dedupe_global randrepeat allrandrepeat',
    // Threads, memory and scheduling of the host.
    'thread iomem mem iomem_align mem_align hugepage-size cpus_allowed cpus_allowed_policy cpumask',
    'numa_cpu_nodes numa_mem_policy nice prio prioclass cgroup cgroup_weight cgroup_nodelete uid gid',
    'thinktime_spin thinktime_blocks_type flow_id ioscheduler',
    // A buffered call completes before the next is made, whatever depth is asked for.
    'iodepth iodepth_batch iodepth_batch_submit iodepth_batch_complete iodepth_batch_complete_min',
    'iodepth_batch_complete_max iodepth_low io_submit_mode userspace_reap hipri registerfiles fixedbufs',
    'sqthread_poll sqthread_poll_cpu nonvectored uncached',
    // Files stay open and are laid out beforehand, not cached.
    'openfiles create_serialize create_fsync create_on_open file_hash invalidate fadvise_hint',
    'filename_format unique_filename allow_file_create allow_mounted_write write_hint',
    'randommap_generator random_generator softrandommap exitall_on_error',
  ].flatMap((line) => line.split(' ')),
);

/** Refused: what to do instead, for each. */
export const refusedOptions: ReadonlyMap<string, string> = new Map([
  ['kb_base', 'sizes are read with k = 1024; write them so'],
  ['include', 'put its lines into this file'],
  ['read_iolog', 'replay it as a trace: fio-iolog:FILE'],
  ['replay_no_stall', 'replay the log as a trace: fio-iolog:FILE'],
  ...[
    'percentage_random rw_sequencer opendir blockalign ba bs_unaligned blocksize_unaligned',
    'bs_is_seq_rand offset_align offset_increment fill_device fill_fs',
    'file_append atomic sync_file_range write_barrier pre_read unlink_each_loop create_only',
    'rate_process rate_cycle rate_min rate_iops_min rate_ignore_thinktime max_latency latency_target',
    'latency_window latency_percentile latency_run thinktime_iotime thinkcycles flow',
    'wait_for exitall exit_what exec_prerun exec_postrun zonemode zonesize zonerange zoneskip',
    'zonecapacity read_beyond_wp max_open_zones job_max_open_zones experimental_verify trim_percentage',
    'trim_verify_zero trim_backlog trim_backlog_batch num_range steadystate steadystate_duration',
    'steadystate_ramp_time nowait force_async',
  ]
    .flatMap((line) => line.split(' '))
    .map((name) => [name, 'leave it out, or write the job without it'] as const),
]);
