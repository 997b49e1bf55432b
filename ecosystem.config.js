/*
 * The demo's pipeline under pm2 (7 and newer), as it is:
 *
 *   pm2 start ecosystem.config.js
 *
 * pm2 watches the primary alone; the other processes are the primary's own. To stop it, pm2 sends a SIGINT
 * to every process of the tree: the primary drains, and the others leave it to the primary when to end.
 * What that looks like: docs/running-as-a-service.md.
 */
export const apps = [
  {
    name: 'nearest-hub',
    script: 'dist/cli/bin.js',
    args: 'run examples/nearest-hub/millrace.config.mjs',
    cwd: import.meta.dirname,
    // millrace forks its own processes by node:cluster, and that does not work inside of pm2's cluster mode.
    exec_mode: 'fork',
    // `pm2 start` and `pm2 restart` return when every process of the pipeline is ready. Past the timeout pm2
    // takes it for online all the same.
    wait_ready: true,
    listen_timeout: 60_000,
    // Above `shutdown.timeout` (30 s by default): the primary should end by its own deadline.
    kill_timeout: 40_000,
    // Whatever ends is started again, after 1 s and then ever more, up to 15 s: a primary that failed or
    // was killed, but a finished one as well, because pm2 cannot tell exit code 0 from a SIGKILL. That
    // suits a source that goes on; for one that ends, such as the demo's, `autorestart: false` is the
    // choice if it is to run once.
    autorestart: true,
    exp_backoff_restart_delay: 1000,
    // A wrong command line (2) and a bad configuration (78) stay so (pm2 lists them as `waiting restart`, and
    // starts them no more). Never 0 here: a primary that was killed would stay dead.
    stop_exit_codes: [2, 78],
  },
]
