export { exitCode } from './errors.js'
