import t from 'tap'
import { KernelKills } from '../../../src/primary/processes/kernel-kills.js'

/** Control groups whose counter a test moves. */
function groups(cgroup: string, file: string) {
  const files: Record<string, string> = { '/proc/self/cgroup': cgroup }
  const count = (kills: number) => {
    files[file] = `low 0\nhigh 0\noom 9\noom_kill ${kills}\noom_group_kill 7\n`
  }
  count(3)
  return { read: (path: string) => files[path], count }
}

t.test('each process that the kernel has killed accounts for one death', async (t) => {
  for (const [cgroup, file] of [
    ['0::/a/b\n', '/sys/fs/cgroup/a/b/memory.events'],
    ['0::/\n', '/sys/fs/cgroup/memory.events'],
    ['0::/not/seen/in/a/container\n', '/sys/fs/cgroup/memory.events'],
    ['4:memory:/a\n0::/init.scope\n', '/sys/fs/cgroup/memory/a/memory.oom_control'],
    ['4:cpu,memory:/docker/1\n', '/sys/fs/cgroup/memory/memory.oom_control'],
  ] as const) {
    const { read, count } = groups(cgroup, file)
    const kills = new KernelKills(read)
    t.notOk(kills.claim(), 'those before us are not ours')
    count(5)
    t.same([kills.claim(), kills.claim(), kills.claim()], [true, true, false], file)
  }
})

t.test('what nobody has claimed is forgotten when a process is ready', async (t) => {
  const { read, count } = groups('0::/\n', '/sys/fs/cgroup/memory.events')
  const kills = new KernelKills(read)
  count(4)
  kills.forget()
  t.notOk(kills.claim())
})

t.test('without control groups no death is the kernel’s', async (t) => {
  const kills = new KernelKills(() => undefined)
  kills.forget()
  t.notOk(kills.claim())
})
