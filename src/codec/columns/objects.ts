/** Objects taken apart: what they call their fields, and a column for each. */
export interface Fields {
  readonly names: readonly string[]
  readonly columns: Columns
}

type Columns = readonly (readonly unknown[])[]

/** Objects with more fields than these are better left to the codec. */
const MOST_FIELDS = 64

/** Takes plain objects apart that all have the same fields in the same order; undefined for others. */
export function fieldsOf(values: readonly unknown[]): Fields | undefined {
  const names = isPlain(values[0]) ? Object.keys(values[0]) : []
  if (names.length === 0 || names.length > MOST_FIELDS || names.includes('__proto__')) return undefined
  for (const value of values) if (!isPlain(value) || !hasFields(value, names)) return undefined
  return { names, columns: shapeOf(names).columnsOf(values as readonly object[]) }
}

/** The opposite of {@link fieldsOf}. */
export function objectsOf({ names, columns }: Fields, count: number): object[] {
  if (names.includes('__proto__')) throw new RangeError('a batch has a field that no object may have')
  return shapeOf(names).objectsOf(columns, count)
}

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype

/** Of all ways to look at an object's fields `for … in` is the fastest. What it sees beside them differs from `names`. */
function hasFields(value: object, names: readonly string[]): boolean {
  let field = 0
  for (const name in value) if (name !== names[field++]) return false
  return field === names.length
}

/** How objects with certain fields are taken apart and put together. */
interface Shape {
  columnsOf(objects: readonly object[]): Columns
  objectsOf(columns: Columns, count: number): object[]
}

/** Shapes by the names of their fields, the oldest first; as many as a pipeline can be expected to have. */
const shapes = new Map<string, Shape>()
const MOST_SHAPES = 200

function shapeOf(names: readonly string[]): Shape {
  const key = JSON.stringify(names)
  let shape = shapes.get(key)
  if (!shape) {
    if (shapes.size >= MOST_SHAPES) shapes.delete(shapes.keys().next().value!)
    shape = madeShape(names)
    shapes.set(key, shape)
  }
  return shape
}

/**
 * Code in which the names are written out is several times faster than a loop over names. They may
 * come from another process, so they stand in it as JSON and nothing else.
 */
export function madeShape(names: readonly string[]): Shape {
  const texts = names.map((name) => JSON.stringify(name))
  const columns = names.map((_, field) => `column${field}`)
  try {
    const columnsOf = new Function(
      'objects',
      `const count = objects.length
      ${columns.map((column) => `const ${column} = new Array(count)`).join('\n')}
      for (let i = 0; i < count; i++) {
        const object = objects[i]
        ${columns.map((column, field) => `${column}[i] = object[${texts[field]}]`).join('\n')}
      }
      return [${columns}]`,
    )
    const objectsOf = new Function(
      'columns',
      'count',
      `const [${columns}] = columns
      const objects = new Array(count)
      for (let i = 0; i < count; i++) objects[i] = { ${columns.map((column, field) => `${texts[field]}: ${column}[i]`)} }
      return objects`,
    )
    return { columnsOf, objectsOf } as unknown as Shape
  } catch {
    return slowShape(names)
  }
}

/** For a Node that was told not to make code from text. */
export function slowShape(names: readonly string[]): Shape {
  return {
    columnsOf: (objects) =>
      names.map((name) => objects.map((object) => (object as Record<string, unknown>)[name])),
    objectsOf: (columns, count) =>
      Array.from({ length: count }, (_, i) =>
        Object.fromEntries(names.map((name, field) => [name, columns[field]![i]])),
      ),
  }
}
