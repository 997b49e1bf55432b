import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** The behaviour of the records that have one, by their number. */
let plan = {}
let markers = ''
/** Once there is this file, nobody waits, and what is to be done once need not be: it changes nothing in the end. */
let calm = ''
/** What the handler keeps of each record. */
const hoard = []

export const setup = ({ with: surroundings }) => {
  plan = JSON.parse(readFileSync(surroundings.plan, 'utf8'))
  markers = surroundings.markers
  calm = surroundings.calm
}

const forever = () => new Promise(() => setInterval(() => {}, 60_000))

const loop = () => {
  for (;;);
}

const exhaust = () => {
  for (;;) hoard.push(new Array(1_000_000).fill(0.5))
}

const uncaught = () => {
  setImmediate(() => {
    throw new Error('nobody catches this')
  })
  return forever()
}

const deeds = {
  exit: () => process.exit(Math.floor(Math.random() * 3)),
  abort: () => process.abort(),
  exhaust,
  uncaught,
  hang: forever,
  loop,
}

/** Does it, unless it is to be done once and was. */
async function misbehave(behaviour, number) {
  const [, deed, how] = /^([a-z]+)(Once|Always)$/.exec(behaviour) ?? []
  if (!(deed in deeds)) return
  if (how === 'Once') {
    const marker = `${markers}/${number}`
    if (existsSync(marker) || existsSync(calm)) return
    writeFileSync(marker, '')
  }
  await deeds[deed]()
}

async function* several({ number, rest, pause }) {
  await pause()
  for (let part = 0; part < 2 + (number % 2); part++) yield `${number}.${part}${rest}`
}

async function handle({ number, rest, pause, behaviour }, { attempt, drop }) {
  await pause()
  if (behaviour === 'throwAlways') throw new Error('always')
  if (behaviour === 'throwTwice' && attempt <= 2 && !existsSync(calm)) throw new Error(`attempt ${attempt}`)
  await misbehave(behaviour, number)
  return behaviour === 'drop' ? drop : `${number}.0${rest}`
}

export default (value, context) => {
  const { wait, leak } = context.with
  const end = value.indexOf(' ')
  const number = Number(value.slice(0, end))
  const behaviour = plan[number] ?? 'fine'
  if (leak > 0) hoard.push(new Array(Math.ceil(leak / 8)).fill(number + 0.5))
  const pause = async () => {
    if (number % wait.every === 0 && !existsSync(calm)) await sleep(wait.ms)
  }
  const work = { number, rest: value.slice(end), pause, behaviour }
  return behaviour === 'several' ? several(work) : handle(work, context)
}
