import { closeSync, openSync, writeSync } from 'node:fs'

/** A web server's log, and what is in it. */
export interface LogFile {
  readonly path: string
  readonly bytes: number
  readonly lines: number
  /** Lines of requests that failed. */
  readonly failed: number
}

const CHUNK = 2 ** 20

/** One in eight failed. */
const statuses = [200, 200, 304, 200, 404, 200, 206, 200, 200, 200, 301, 200, 200, 200, 200, 500]
const methods = ['GET', 'GET', 'GET', 'POST', 'GET', 'PUT', 'GET', 'DELETE']
const agents = [
  'Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15',
  'curl/8.5.0',
]

/** Writes a log of at least so many bytes, the same each time, no two lines alike. */
export function writeLogFile(path: string, least: number): LogFile {
  const file = openSync(path, 'w')
  let [bytes, lines, failed] = [0, 0, 0]
  try {
    while (bytes < least) {
      let chunk = ''
      while (chunk.length < CHUNK && bytes + chunk.length < least) {
        chunk += `${lineOf(lines)}\n`
        if (statusOf(lines) >= 400) failed++
        lines++
      }
      bytes += writeSync(file, chunk)
    }
  } finally {
    closeSync(file)
  }
  return { path, bytes, lines, failed }
}

/** Spreads neighbours over all kinds. */
const mixed = (number: number) => (Math.imul(number, 0x9e3779b1) >>> 0) >>> 8

const statusOf = (number: number) => statuses[mixed(number) % statuses.length]!

function lineOf(number: number): string {
  const mix = mixed(number)
  const host = `${(mix >> 16) & 255}.${(mix >> 8) & 255}.${mix & 255}.${number % 251}`
  const second = String(number % 60).padStart(2, '0')
  const minute = String(Math.floor(number / 60) % 60).padStart(2, '0')
  const time = `01/Feb/2026:10:${minute}:${second} +0000`
  const request = `${methods[(mix >> 4) % methods.length]} /articles/${number}/page-${mix % 97} HTTP/1.1`
  const agent = agents[mix % agents.length]
  return `${host} - - [${time}] "${request}" ${statusOf(number)} ${mix % 65_536} "https://example.org/${mix % 1009}" "${agent}"`
}
