import { exportFrames, leafHashOf, signCheckpoint, signerOf } from '@syncline/log-proofs';
import { createHash } from 'node:crypto';

/** One frame of an export: its words, the length left out, and its body. */
export type Frame = { readonly words: readonly string[]; readonly body: Buffer };

/** The frames of an export, behind its title. */
export const framesOf = (file: Buffer): readonly Frame[] => {
  const frames: Frame[] = [];
  for (let at = file.indexOf('\n') + 1; at < file.length;) {
    const end = file.indexOf('\n', at);
    const words = file.subarray(at, end).toString().split(' ');
    const length = Number(words.pop());
    frames.push({ words, body: file.subarray(end + 1, end + 1 + length) });
    at = end + 1 + length + 1;
  }
  return frames;
};

const isOf = (kind: string) => (frame: Frame) => frame.words[0] === kind;

/** The frames as a file whose leaf hashes and digest are those of what it holds: as one who knows the format would write it. */
export const sealed = (frames: readonly Frame[]): Buffer => {
  const parts: Buffer[] = [Buffer.from(exportFrames.title())];
  for (const { words, body } of frames) {
    if (words[0] === 'end') continue;
    const [kind = '', sequence = '', recordedAtNs = '', subject = ''] = words;
    const own =
      kind === 'message'
        ? [
            kind,
            sequence,
            recordedAtNs,
            subject,
            Buffer.from(leafHashOf({ subject, recordedAtNs, bytes: body })).toString('hex'),
          ]
        : words;
    parts.push(Buffer.from(`${own.join(' ')} ${body.length}\n`), body, Buffer.from('\n'));
  }
  const file = Buffer.concat(parts);
  const digest = createHash('sha256').update(file).digest('hex');
  return frames.some(isOf('end')) ? Buffer.concat([file, exportFrames.end(digest)]) : file;
};

/** Sequences counted anew, from the first message on. */
const renumbered = (frames: readonly Frame[]): readonly Frame[] => {
  let next = 1;
  return frames.map((frame) => {
    const [kind = '', , ...rest] = frame.words;
    if (kind !== 'message') return frame;
    next += 1;
    return { ...frame, words: [kind, String(next - 1), ...rest] };
  });
};

type Random = (below: number) => number;
type Mutation = (file: Buffer, random: Random) => Buffer;

const pick = (frames: readonly Frame[], kind: string, random: Random): number => {
  const places = frames.flatMap((frame, at) => (isOf(kind)(frame) ? [at] : []));
  return places[random(places.length)] ?? 0;
};
const flipped = (bytes: Buffer, at: number, random: Random): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ (1 + random(255));
  return copy;
};
const withFrame = (frames: readonly Frame[], at: number, frame: Frame): readonly Frame[] =>
  frames.with(at, frame);
const withWord = (frames: readonly Frame[], at: number, word: number, text: string): readonly Frame[] =>
  frames.with(at, { ...frames[at]!, words: frames[at]!.words.with(word, text) });

const forger = new Uint8Array(32).fill(99);

/** What somebody, or a disk, can do to an export; each by its name. Those on frames write leaf hashes and digest anew. */
export const mutations: Readonly<Record<string, Mutation>> = {
  'a changed byte anywhere': (file, random) => flipped(file, random(file.length), random),
  'a truncation anywhere': (file, random) => file.subarray(0, random(file.length)),
  'a truncation behind a frame': (file, random) => {
    const frames = framesOf(file);
    return sealed([...frames.slice(0, 1 + random(frames.length - 2)), frames.at(-1)!]);
  },
  'a changed byte of an event': (file, random) => {
    const frames = framesOf(file);
    const at = pick(frames, 'message', random);
    const { words, body } = frames[at]!;
    return sealed(withFrame(frames, at, { words, body: flipped(body, random(body.length), random) }));
  },
  'another time of an event': (file, random) => {
    const frames = framesOf(file);
    return sealed(withWord(frames, pick(frames, 'message', random), 2, String(random(1_000_000_000))));
  },
  'another subject of an event': (file, random) => {
    const frames = framesOf(file);
    return sealed(withWord(frames, pick(frames, 'message', random), 3, `ev.repo.other-${random(1_000)}`));
  },
  'a dropped event': (file, random) => {
    const frames = framesOf(file);
    const without = frames.toSpliced(pick(frames, 'message', random), 1);
    return sealed(random(2) === 0 ? without : renumbered(without));
  },
  'an added event': (file, random) => {
    const frames = framesOf(file);
    const [at, from] = [pick(frames, 'message', random), pick(frames, 'message', random)];
    const more = frames.toSpliced(at, 0, frames[from]!);
    return sealed(random(2) === 0 ? more : renumbered(more));
  },
  'two events in another order': (file, random) => {
    const frames = framesOf(file);
    const one = pick(frames, 'message', random);
    let other = one;
    while (other === one) other = pick(frames, 'message', random);
    const swapped = frames.with(one, frames[other]!).with(other, frames[one]!);
    return sealed(random(2) === 0 ? swapped : renumbered(swapped));
  },
  'a swapped blob': (file, random) => {
    const frames = framesOf(file);
    const one = pick(frames, 'blob', random);
    let other = one;
    while (other === one) other = pick(frames, 'blob', random);
    const { words, body } = frames[other]!;
    const isWhole = random(2) === 0;
    return sealed(withFrame(frames, one, { words: isWhole ? words : frames[one]!.words, body }));
  },
  'a dropped blob': (file, random) => {
    const frames = framesOf(file);
    return sealed(frames.toSpliced(pick(frames, 'blob', random), 1));
  },
  'a checkpoint of another key': (file, random) => {
    const frames = framesOf(file);
    const at = pick(frames, 'checkpoint', random);
    const [name = '', size = ''] = frames[at]!.body.toString().split('\n');
    const root = Uint8Array.from({ length: 32 }, () => random(256));
    const note = signCheckpoint({ origin: name, size: Number(size), root }, [signerOf(name, forger)]);
    return sealed(withFrame(frames, at, { words: ['checkpoint'], body: Buffer.from(note) }));
  },
  'a changed checkpoint': (file, random) => {
    const frames = framesOf(file);
    const at = pick(frames, 'checkpoint', random);
    const { words, body } = frames[at]!;
    return sealed(withFrame(frames, at, { words, body: flipped(body, random(body.length), random) }));
  },
  'a dropped checkpoint': (file, random) => {
    const frames = framesOf(file);
    return sealed(frames.toSpliced(pick(frames, 'checkpoint', random), 1));
  },
  'checkpoints in each other’s place': (file, random) => {
    const frames = framesOf(file);
    const one = pick(frames, 'checkpoint', random);
    let other = one;
    while (other === one) other = pick(frames, 'checkpoint', random);
    return sealed(frames.with(one, frames[other]!).with(other, frames[one]!));
  },
  'another header': (file, random) => {
    const frames = framesOf(file);
    const header = JSON.parse(frames[0]!.body.toString()) as Record<string, unknown>;
    const changed = [{ origin: 'another' }, { size: random(1_000) + 1_000 }, { size: random(20) }][random(3)];
    return sealed(
      frames.with(0, { words: ['header'], body: Buffer.from(JSON.stringify({ ...header, ...changed })) }),
    );
  },
  'a history that somebody else signed from the beginning': (file) => {
    const frames = framesOf(file);
    return sealed(
      frames.map((frame) => {
        if (!isOf('checkpoint')(frame)) return frame;
        const [name = '', size = '', root = ''] = frame.body.toString().split('\n');
        const checkpoint = {
          origin: name,
          size: Number(size),
          root: new Uint8Array(Buffer.from(root, 'base64')),
        };
        return { ...frame, body: Buffer.from(signCheckpoint(checkpoint, [signerOf(name, forger)])) };
      }),
    );
  },
};
