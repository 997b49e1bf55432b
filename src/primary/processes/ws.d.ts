/** What is used of the `ws` package, which comes without types. */
declare module 'ws' {
  export class WebSocket {
    constructor(url: string, options: { readonly perMessageDeflate: false; readonly maxPayload: number })
    on(event: 'open' | 'close', listener: () => void): this
    on(event: 'error', listener: (error: Error) => void): this
    on(event: 'message', listener: (data: Buffer) => void): this
    send(text: string): void
    close(): void
    terminate(): void
  }
}
