import { failedRequest } from '../failed-request.mjs'

export default (line, ctx) => failedRequest(line) ?? ctx.drop
