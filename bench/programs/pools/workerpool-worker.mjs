import workerpool from 'workerpool'
import { many, one } from './task.mjs'

workerpool.worker({ one, many })
