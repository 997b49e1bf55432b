export type Role = 'writer' | 'worker' | 'sender'

/** `writer`, `sender` or `worker:2`: the name of a place in the pipeline, whoever fills it now. */
export type ProcessId = string

/** Workers are numbered from 1; there is one writer and one sender, so these carry no number. */
export const processId = (role: Role, index: number): ProcessId =>
  role === 'worker' ? `worker:${index}` : role
