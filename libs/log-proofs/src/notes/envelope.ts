const encoder = new TextEncoder();
const lengthOf = (text: string): number => encoder.encode(text).length;

/** What is signed of an envelope: type and payload, each with its length in bytes (DSSE, "Pre-Authentication Encoding"). */
export const preAuthenticated = (type: string, payload: string): string =>
  `DSSEv1 ${lengthOf(type)} ${type} ${lengthOf(payload)} ${payload}`;
