export type Role = 'writer' | 'worker' | 'sender'

/** `writer`, `sender`, `worker:2`, … : the name of a place in the pipeline, whoever fills it now. */
export type ProcessId = string

export type ProcessState = 'starting' | 'ready' | 'draining' | 'exited' | 'backoff'
