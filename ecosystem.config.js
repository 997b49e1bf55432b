/*
 * The demo's pipeline under pm2 (7 and newer), as it is:
 *
 *   pm2 start ecosystem.config.js
 *
 * pm2 watches the primary alone, and stops it by a SIGINT, which makes it drain; the other processes
 * are the primary's own.
 */
export const apps = [
  {
    name: 'nearest-hub',
    script: 'dist/cli/bin.js',
    args: 'run examples/nearest-hub/millrace.config.mjs',
    cwd: import.meta.dirname,
    exec_mode: 'fork',
    // Above `shutdown.timeout` (30 s by default): the primary should end by its own deadline.
    kill_timeout: 40_000,
    // A finished pipeline is started again, as is one that failed or was killed: at once if it ran for
    // a while, else after ever longer waits. For a source that ends, `autorestart: false` leaves it be.
    autorestart: true,
    exp_backoff_restart_delay: 1000,
    // 78, a bad configuration, stays bad. Never 0: pm2 takes a death by SIGKILL for it.
    stop_exit_codes: [78],
  },
]
