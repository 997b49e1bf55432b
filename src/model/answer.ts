/** What is answered to somebody who asks over HTTP, on whatever socket, when it is not just a value. */
export class Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string | Uint8Array

  constructor(status: number, contentType: string, body: string | Uint8Array) {
    this.status = status
    this.contentType = contentType
    this.body = body
  }

  static json(status: number, content: unknown): Answer {
    return new Answer(status, 'application/json; charset=utf-8', `${JSON.stringify(content)}\n`)
  }
}
