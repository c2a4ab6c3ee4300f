import { seal } from '@syncline/sealing';

/** Seals a credential so that only the service behind the recipient can read it; base64, as the API takes it. */
export const sealCredential = async (credential: unknown, recipient: string): Promise<string> => {
  const bytes = new TextEncoder().encode(
    typeof credential === 'string' ? credential : JSON.stringify(credential),
  );
  return Buffer.from(await seal(bytes, [recipient])).toString('base64');
};
