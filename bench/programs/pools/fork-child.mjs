import process from 'node:process'
import { many } from './task.mjs'

process.on('message', (values) => process.send(many(values)))
process.send([])
