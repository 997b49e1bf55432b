/** Each call of the sender is one transaction, which waits for the disk: the more rows share it, the faster. */
export const batch = { size: 200, within: '50ms' }

/** From `setup` to `teardown`. */
let database
let upsert

export const setup = (ctx) => {
  database = open(ctx.with.database)
  // The database outlives the process, and a confirmed row must outlive the machine: no `sync` comes after.
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 5000')
  database.exec(`
    CREATE TABLE IF NOT EXISTS order_lines (
      id TEXT PRIMARY KEY NOT NULL,
      customer TEXT NOT NULL,
      sku TEXT NOT NULL,
      quantity INTEGER NOT NULL CHECK (quantity > 0),
      cents INTEGER NOT NULL,
      deliveries INTEGER NOT NULL DEFAULT 1 -- only to show how many duplicates there are not
    ) STRICT`)
  upsert = database.prepare(`
    INSERT INTO order_lines (id, customer, sku, quantity, cents) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET
      customer = excluded.customer, sku = excluded.sku, quantity = excluded.quantity, cents = excluded.cents,
      deliveries = deliveries + 1`)
}

export const teardown = () => database?.close()

/** Returning means delivered, so the transaction is committed before. */
export default (lines, ctx) => {
  database.exec('BEGIN IMMEDIATE')
  try {
    const rejected = upsertEach(lines, ctx.results)
    database.exec('COMMIT')
    ctx.log.debug({ rows: lines.length - rejected.length }, 'committed')
    return rejected
  } catch (error) {
    rollBack()
    throw error
  }
}

/** What the table will never take is rejected, and does not keep the others of its batch from it. */
function upsertEach(lines, results) {
  const rejected = []
  for (const [index, { customer, sku, quantity, cents }] of lines.entries()) {
    try {
      upsert.run(results[index].id, customer, sku, quantity, cents)
    } catch (error) {
      if (!isRefusal(error)) throw error
      rejected.push({ index, reason: error.message })
    }
  }
  return rejected
}

/** SQLITE_CONSTRAINT, in the lowest byte of an error's number; those above say which. */
const CONSTRAINT = 19

/** A value that no column can hold, or that breaks a constraint; anything else may work when tried again. */
const isRefusal = ({ code, errcode }) => code === 'ERR_INVALID_ARG_TYPE' || (errcode & 0xff) === CONSTRAINT

function rollBack() {
  try {
    database.exec('ROLLBACK')
  } catch {
    // There is nothing to roll back: SQLite did so by itself, as it does when the disk is full.
  }
}

/** Not imported at the top, because on an older Node that would fail before anything could be explained. */
function open(path) {
  const sqlite = process.getBuiltinModule('node:sqlite')
  if (sqlite) return new sqlite.DatabaseSync(path)
  throw new Error(
    `node:sqlite comes with Node 22.13 and newer, and this is Node ${process.versions.node}. Run millrace with a newer one.`,
  )
}
