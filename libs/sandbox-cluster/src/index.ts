export { Faults } from './faults/faults.js';
export type { Fault, Mishap, OrderedFault } from './faults/faults.js';
export { requestInfo } from './faults/request-info.js';
export type { RequestInfo, Verb } from './faults/request-info.js';
export { applyObject } from './ownership/apply-object.js';
export type {
  ApplyOutcome,
  ApplyRequest,
  Refusal,
  StatusCause,
  UpdateRequest,
} from './ownership/operations.js';
export { recordUpdate } from './ownership/record-update.js';
export { patchObject } from './patches/patch-object.js';
export type { Patch, Patched } from './patches/patch-object.js';
export type { FieldsV1, KubeObject, ManagedFieldsEntry, ObjectMeta } from './schemas/kube-object.js';
export type { ObjectSchema } from './schemas/object-schema.js';
export { readBody } from './schemas/read-body.js';
export type { Body } from './schemas/read-body.js';
export { loadSchemas, Schemas } from './schemas/schemas.js';
export type { Resource } from './schemas/schemas.js';
export { keptCertificate } from './server/certificate.js';
export type { Certificate } from './server/certificate.js';
export { startSandbox } from './start-sandbox.js';
export type { Sandbox, SandboxCluster, SandboxOptions } from './start-sandbox.js';
