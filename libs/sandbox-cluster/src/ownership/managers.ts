import { withoutMember } from '../schemas/json.js';
import type { KubeObject, ManagedFieldsEntry } from '../schemas/kube-object.js';
import { fromFieldsV1, isEmptySet, toFieldsV1, type FieldSet } from './field-set.js';

/** Who owns fields, since when, and which. */
export type Manager = {
  readonly name: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time?: string;
  readonly fields: FieldSet;
};

/** The managers of an object by identity. An applier is the same in every apiVersion; an updater is another in each. */
export type Managers = ReadonlyMap<string, Manager>;

export const identityOf = ({
  name,
  operation,
  apiVersion,
  subresource,
}: Omit<Manager, 'fields' | 'time'>): string =>
  JSON.stringify([operation, name, operation === 'Apply' ? '' : apiVersion, subresource]);

const readEntry = (entry: ManagedFieldsEntry): Manager => ({
  name: entry.manager ?? '',
  operation: entry.operation ?? 'Update',
  apiVersion: entry.apiVersion ?? '',
  subresource: entry.subresource ?? '',
  ...(entry.time === undefined ? {} : { time: entry.time }),
  fields: fromFieldsV1(entry.fieldsV1 ?? {}),
});

/** Reads the managers of an object. */
export const managersOf = (object: KubeObject | undefined): Managers =>
  managersFrom((object?.metadata.managedFields ?? []).map(readEntry));

export const managersFrom = (all: readonly Manager[]): Managers =>
  new Map(all.filter(({ fields }) => !isEmptySet(fields)).map((one) => [identityOf(one), one] as const));

const writeEntry = ({
  name,
  operation,
  apiVersion,
  subresource,
  time,
  fields,
}: Manager): ManagedFieldsEntry => ({
  manager: name,
  operation,
  apiVersion,
  ...(time === undefined ? {} : { time }),
  fieldsType: 'FieldsV1',
  fieldsV1: toFieldsV1(fields),
  ...(subresource === '' ? {} : { subresource }),
});

const order = ({ operation, time, name, apiVersion, subresource }: Manager): string =>
  JSON.stringify([operation, time ?? '', name, apiVersion, subresource]);

/** The entries of managedFields: appliers first, then by time and name; a manager without fields has none. */
export const toManagedFields = (managers: Managers): readonly ManagedFieldsEntry[] =>
  [...managers.values()]
    .filter(({ fields }) => !isEmptySet(fields))
    .sort((a, b) => (order(a) < order(b) ? -1 : 1))
    .map(writeEntry);

/** The managers with another set of fields each. */
export const mapFields = (
  managers: Managers,
  change: (manager: Manager, identity: string) => FieldSet,
): Managers =>
  managersFrom([...managers].map(([identity, one]) => ({ ...one, fields: change(one, identity) })));

const byText = (a: object, b: object): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

/** The same but for the times. */
export const isSameOwnership = (a: Managers, b: Managers): boolean => {
  const plain = (managers: Managers): string =>
    JSON.stringify(
      toManagedFields(managers)
        .map((entry) => ({ ...entry, time: undefined }))
        .sort(byText),
    );
  return plain(a) === plain(b);
};

/** The object with these managedFields. */
export const withManagers = (object: KubeObject, managers: Managers): KubeObject => {
  const entries = toManagedFields(managers);
  const metadata = { ...object.metadata, managedFields: entries };
  return { ...object, metadata: entries.length > 0 ? metadata : withoutMember(metadata, 'managedFields') };
};
