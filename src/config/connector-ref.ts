/** What a connector string (`file:big.log?format=ndjson`) says, checked but not opened. */
export interface ConnectorRef {
  readonly scheme: 'file' | 'stdin' | 'stdout' | 'count' | 'null'
  /** The string as the user wrote it, for messages; without credentials. */
  readonly url: string
  /** What stands between scheme and `?`: an absolute path for files, the number for `count:`. */
  readonly target: string
  /** What stands behind `?`, each checked against what the connector knows. */
  readonly options: Readonly<Record<string, string>>
}
