/**
 * A class's `Symbol.hasInstance` that also recognises, by its name, an error of the same class in another
 * copy of millrace: the modules of a user import one, and each program of ours has one in it. Classes
 * that extend it are recognised as usual.
 */
export function alsoOfOtherCopies(name: string): (this: unknown, thrown: unknown) => boolean {
  return function (this: unknown, thrown: unknown) {
    if (Function.prototype[Symbol.hasInstance].call(this as () => void, thrown)) return true
    return (
      Object.hasOwn(this as object, Symbol.hasInstance) && thrown instanceof Error && thrown.name === name
    )
  }
}
