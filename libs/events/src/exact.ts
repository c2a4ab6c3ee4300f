import { z } from 'zod';

/** Whether a value is what a schema takes, and what it gives back for it is equal. */
export type Exact = (value: unknown) => boolean;

const never: Exact = () => false;
const isText = (value: unknown): value is string => typeof value === 'string';

type Check = z.core.$ZodCheck;
type Bound = { readonly value: number; readonly inclusive: boolean };

const every = <Value>(checks: readonly ((value: Value) => boolean)[]) => {
  const [first, ...rest] = checks;
  if (!first) return () => true;
  return rest.length === 0 ? first : (value: Value) => checks.every((check) => check(value));
};

const numberCheck = (check: Check): ((value: number) => boolean) => {
  const { value, inclusive } = check._zod.def as unknown as Bound;
  switch (check._zod.def.check) {
    case 'greater_than':
      return (given) => given > value || (inclusive && given === value);
    case 'less_than':
      return (given) => given < value || (inclusive && given === value);
    default:
      return never;
  }
};

const ofNumber = (schema: z.ZodNumber, checks: readonly Check[]): Exact => {
  const isWithin = every(checks.map(numberCheck));
  if (!(schema instanceof z.ZodNumberFormat))
    return (value) => typeof value === 'number' && Number.isFinite(value) && isWithin(value);
  if (schema._zod.def.format !== 'safeint') return never;
  return (value) => Number.isSafeInteger(value) && isWithin(value as number);
};

const textCheck = (check: Check): ((value: string) => boolean) => {
  const { pattern, format } = check._zod.def as z.core.$ZodCheckStringFormatDef;
  return format === 'regex' && pattern?.flags === '' ? (text) => pattern.test(text) : never;
};

const lengthCheck = (check: Check): ((value: readonly unknown[]) => boolean) => {
  const { minimum = 0, maximum = Infinity } = check._zod.def as Partial<
    Record<'minimum' | 'maximum', number>
  >;
  const isLength = ['min_length', 'max_length'].includes(check._zod.def.check);
  return isLength ? ({ length }) => length >= minimum && length <= maximum : never;
};

const ofArray = (element: Exact, isLong: (value: readonly unknown[]) => boolean): Exact => {
  return (value) => {
    if (!Array.isArray(value) || !isLong(value)) return false;
    for (const one of value) if (!element(one)) return false;
    return true;
  };
};

const isPlain = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const ofRecord = (inner: Exact): Exact => {
  return (value) => {
    if (!isPlain(value)) return false;
    for (const key in value) if (key === '__proto__' || !inner(value[key])) return false;
    return true;
  };
};

/** Members that the schema does not name would be left out. */
const ofObject = (shape: Readonly<Record<string, z.core.$ZodType>>): Exact => {
  const members = new Map(
    Object.entries(shape).map(([key, schema]) => {
      const isOptional = schema instanceof z.ZodOptional;
      return [key, { isOptional, inner: exactly(isOptional ? schema._zod.def.innerType : schema) }];
    }),
  );
  const required = [...members.values()].filter(({ isOptional }) => !isOptional).length;
  return (value) => {
    if (!isPlain(value)) return false;
    let found = 0;
    for (const key in value) {
      const member = members.get(key);
      if (!member?.inner(value[key])) return false;
      if (!member.isOptional) found += 1;
    }
    return found === required;
  };
};

/**
 * A quick answer for what most data is: JSON that its schema takes as it is, with nothing left out. Copying every value
 * costs more than looking at it. Sure where it says yes; no means that the schema itself must be asked. Schemas that
 * may change a value, or of which there is more to know than stands here, are never sure.
 */
export const exactly = (schema: z.core.$ZodType): Exact => {
  const checks: readonly Check[] = schema._zod.def.checks ?? [];
  if (schema instanceof z.ZodNumber) return ofNumber(schema, checks);
  if (schema instanceof z.ZodString) {
    const isSuch = every(checks.map(textCheck));
    return (value) => isText(value) && isSuch(value);
  }
  if (schema instanceof z.ZodISODateTime) return (value) => isText(value) && schema.safeParse(value).success;
  if (schema instanceof z.ZodArray)
    return ofArray(exactly(schema._zod.def.element), every(checks.map(lengthCheck)));
  if (checks.length > 0) return never;
  if (schema instanceof z.ZodBoolean) return (value) => typeof value === 'boolean';
  if (schema instanceof z.ZodEnum) {
    const known = new Set<unknown>(schema.options);
    return (value) => known.has(value);
  }
  if (schema instanceof z.ZodRecord) {
    const { keyType, valueType } = schema._zod.def;
    const isOfTexts = keyType instanceof z.ZodString && (keyType._zod.def.checks ?? []).length === 0;
    return isOfTexts ? ofRecord(exactly(valueType)) : never;
  }
  return schema instanceof z.ZodObject && schema._zod.def.catchall === undefined
    ? ofObject(schema._zod.def.shape)
    : never;
};
