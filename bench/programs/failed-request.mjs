const format = /^(\S+) \S+ (\S+) \[([^\]]+)\] "([A-Z]+) (\S+) [^"]*" (\d{3}) (\d+) "([^"]*)" "([^"]*)"$/

/** The request of a line of a web server's log, if it failed: what every contender does with a line. */
export function failedRequest(line) {
  const found = format.exec(line)
  if (!found) return undefined
  const [, host, user, time, method, path, status, bytes] = found
  if (status < '400') return undefined
  return { host, user, time, method, path, status: Number(status), bytes: Number(bytes) }
}
