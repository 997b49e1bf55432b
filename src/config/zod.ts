/*
 * What the schema is made of. The whole library takes 70 ms to load, a quarter of the time in which a
 * pipeline is up; so the build puts what is named here, and what that needs, into this one file
 * (`npm run build:schema`): 12 ms.
 */
export {
  array,
  type core,
  enum,
  type input,
  int,
  literal,
  NEVER,
  number,
  type output,
  record,
  registry,
  strictObject,
  string,
  toJSONSchema,
  union,
  unknown,
  ZodObject,
  ZodPrefault,
  ZodType,
} from 'zod'
