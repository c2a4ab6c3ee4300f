export { generateKeyPair, recipientOf, seal, unseal } from './age.js';
export type { KeyPair } from './age.js';
export { decryptPack, encryptPack } from './pack-cipher.js';
export { SealingError } from './sealing-error.js';
