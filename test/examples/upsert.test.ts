import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
import t, { type Test } from 'tap'
import { findNodeWithSqlite, hasSqlite } from '../node-with-sqlite.js'
import { linesIn, PipelineRun } from '../pipeline-run.js'
import { temporaryFolder } from '../temporary-folder.js'

const root = fileURLToPath(new URL('../..', import.meta.url))
const example = new URL('../../examples/upsert/', import.meta.url)

interface Line {
  readonly customer: string
  readonly sku: string
  readonly quantity: number
  readonly cents: number
}

type Row = Line & { readonly id: string }

const writer: { ORDERS: number; orderNumbered(number: number): unknown } = await import(
  new URL('orders.mjs', example).href
)
const worker: { default(order: unknown): Iterable<Line> } = await import(
  new URL('order-lines.mjs', example).href
)

/** The rows that each order should have. */
const rowsOf: readonly (readonly Row[])[] = Array.from({ length: writer.ORDERS }, (_, number) => {
  const lines = [...worker.default(writer.orderNumbered(number))]
  const id = (line: number) => `order-${number}${lines.length > 1 ? `#${line + 1}` : ''}`
  return lines.map((line, index) => ({ id: id(index), ...line }))
})

/** All of them, in the order of their ids. */
const expected = rowsOf.flat().sort((a, b) => (a.id < b.id ? -1 : 1))

/** The example as if it were somebody's project: it keeps its state and its rows beside its configuration. */
class Project {
  readonly folder: string
  readonly #node: string

  constructor(t: Test, node: string) {
    this.folder = temporaryFolder(t)
    this.#node = node
    const filter = (path: string) => !/\/(\.millrace|.*\.db.*)$/.test(path)
    cpSync(example, this.folder, { recursive: true, filter })
    mkdirSync(join(this.folder, 'node_modules'))
    symlinkSync(root, join(this.folder, 'node_modules', 'millrace'))
  }

  run(t: Test, ...args: string[]): PipelineRun {
    const own = process.execPath
    // By this a PipelineRun starts its pipeline.
    process.execPath = this.#node
    try {
      return new PipelineRun(t, [join(this.folder, 'millrace.config.mjs'), ...args])
    } finally {
      process.execPath = own
    }
  }

  /** How far the next start resumes behind; 0 without a checkpoint. */
  get checkpointed(): number {
    const path = join(this.folder, '.millrace/upsert/checkpoint.json')
    return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).checkpoint.place : 0
  }

  /** What a query finds; it is asked in a process of its own, because this one may have no SQLite. */
  query<Found>(sql: string): Found[] {
    const script = `
      const { DatabaseSync } = require('node:sqlite')
      const [, database, sql] = process.argv
      console.log(JSON.stringify(new DatabaseSync(database).prepare(sql).all()))`
    const args = ['--no-warnings', '--eval', script, join(this.folder, 'out/orders.db'), sql]
    return JSON.parse(execFileSync(this.#node, args, { encoding: 'utf8', maxBuffer: 2 ** 26 }))
  }

  get counted(): { readonly rows: number; readonly deliveries: number } {
    const sql = 'SELECT count(*) AS rows, sum(deliveries) AS deliveries FROM order_lines'
    return this.query<Project['counted']>(sql)[0]!
  }
}

/** Resolves with the pid of a sender that has committed rows, and is not among the killed. */
async function committingSender(run: PipelineRun, killed: readonly number[]): Promise<number> {
  const committed = () =>
    run.lines.find(
      ({ process, pid, msg }) => process === 'sender' && msg === 'committed' && !killed.includes(pid),
    )
  await run.until(() => committed() !== undefined, 'rows of a sender that lives')
  return committed()!.pid
}

/** Kills two senders of a run, each of which has committed rows; a third one has done so too at the end. */
async function killSenders(run: PipelineRun): Promise<void> {
  const killed: number[] = []
  for (let kills = 0; kills < 2; kills++) {
    const sender = await committingSender(run, killed)
    process.kill(sender, 'SIGKILL')
    killed.push(sender)
  }
  await committingSender(run, killed)
}

const found = await findNodeWithSqlite()
const node = 'path' in found ? found.path : ''
const skip = 'missing' in found && found.missing

t.test('however often sender and primary are killed, every id has one row', { skip }, async (t) => {
  const project = new Project(t, node)
  const endPrimary = async (run: PipelineRun) => {
    run.signal('SIGKILL')
    await run.ended
    const { rows } = project.counted
    t.ok(rows > 0 && rows < expected.length, `killed at ${rows} of ${expected.length} rows`)
    t.same(run.eventsOf('finished'), [])
  }

  // Its checkpoint has nothing of what it delivers, so all of that is delivered again for sure.
  const first = project.run(t, '--checkpoint-every', '1h')
  await killSenders(first)
  await endPrimary(first)
  t.equal(project.checkpointed, 0)

  for (let run = 0; run < 2; run++) {
    const before = project.counted.rows
    const resumed = project.run(t, '--checkpoint-every', '50ms')
    await killSenders(resumed)
    const covered = () => rowsOf.slice(0, project.checkpointed).flat().length
    await resumed.until(() => covered() > before, 'a checkpoint that has more rows than there were')
    await endPrimary(resumed)
  }

  const behind = project.checkpointed
  const last = project.run(t)
  t.match((await last.event('pipelineStarted')).resumesFrom, `behind record ${behind},`)
  t.equal((await last.ended).code, 0, last.said)
  t.match(last.summary, { outcome: 'finished', total: { read: writer.ORDERS, delivered: writer.ORDERS } })
  t.ok(last.summary.read < writer.ORDERS)

  const { rows, deliveries } = project.counted
  t.equal(rows, expected.length)
  t.ok(deliveries > rows, `${deliveries} deliveries made ${rows} rows`)
  const held = project.query<Row>('SELECT id, customer, sku, quantity, cents FROM order_lines ORDER BY id')
  t.ok(isDeepStrictEqual(held, expected), 'each row is what its order says')
})

t.test('what the table refuses is dead-lettered, and the others are rows', { skip }, async (t) => {
  const project = new Project(t, node)
  const lines = join(project.folder, 'lines.mjs')
  // 0 breaks a constraint, and 2 has no price.
  const line = "{ customer: 'A', sku: 'B', quantity: n, ...(n !== 2 && { cents: 1 }) }"
  writeFileSync(lines, `export default (n) => (${line})\n`)
  const run = project.run(t, '--from', 'count:4', '--worker', lines)
  t.equal((await run.ended).code, 0, run.said)
  t.match(run.summary, { delivered: 2, deadLettered: 2 })
  t.same(project.query('SELECT id, quantity FROM order_lines ORDER BY id'), [
    { id: 'count:1', quantity: 1 },
    { id: 'count:3', quantity: 3 },
  ])
  const kept = join(project.folder, '.millrace/upsert/dead-letters.ndjson')
  const letters = linesIn(kept).map((line) => JSON.parse(line))
  // Two workers may have had them.
  letters.sort((a, b) => (a.id < b.id ? -1 : 1))
  t.match(letters, [
    { id: 'count:0', error: { message: 'CHECK constraint failed: quantity > 0' } },
    { id: 'count:2', error: { message: /cannot be bound/ } },
  ])
})

t.test(
  'a Node without node:sqlite is told which one has it',
  { skip: hasSqlite && `Node ${process.versions.node} has node:sqlite` },
  async (t) => {
    const run = new Project(t, process.execPath).run(t)
    t.equal((await run.ended).code, 1)
    t.match(run.eventsOf('pipelineFailed')[0]?.error, 'node:sqlite comes with Node 22.13 and newer')
  },
)
