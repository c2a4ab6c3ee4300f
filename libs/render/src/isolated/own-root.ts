import { execFile } from 'node:child_process';
import { access, constants, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** What makes a root: util-linux and coreutils, where a distribution puts them. */
const candidates = {
  unshare: ['/usr/bin/unshare', '/bin/unshare'],
  mount: ['/usr/bin/mount', '/bin/mount'],
  chroot: ['/usr/sbin/chroot', '/usr/bin/chroot'],
  shell: ['/bin/sh'],
} as const;
type Tools = Readonly<Record<keyof typeof candidates, string>>;

/** Its first parameters are the programs and the root, then what is seen in it, then `--` and the command. */
const script = `mount="$1"; chroot="$2"; root="$3"; memory="$4"; shift 4
if [ "$memory" != 0 ]; then ulimit -v "$memory" || exit 126; fi
while [ "$1" != -- ]; do "$mount" --bind "$1" "$root$1" || exit 126; shift; done
shift
exec "$chroot" "$root" "$@"`;

const firstExecutable = async (paths: readonly string[]): Promise<string | undefined> => {
  for (const path of paths) {
    const isThere = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
};

const findTools = async (): Promise<Tools | undefined> => {
  const [unshare, mount, chroot, shell] = await Promise.all([
    firstExecutable(candidates.unshare),
    firstExecutable(candidates.mount),
    firstExecutable(candidates.chroot),
    firstExecutable(candidates.shell),
  ]);
  return unshare && mount && chroot && shell ? { unshare, mount, chroot, shell } : undefined;
};

const commandOf = (
  tools: Tools,
  root: string,
  seen: readonly string[],
  addressBytes: number,
): readonly string[] => [
  ...[tools.unshare, '--user', '--map-root-user', '--net', '--mount', '--'],
  ...[tools.shell, '-c', script, tools.shell, tools.mount, tools.chroot],
  ...[root, String(Math.floor(addressBytes / 1024)), ...seen, '--'],
];

/** A command that runs another one in a root of its own, and what takes that root away again. */
export type OwnRoot = { readonly command: readonly string[]; readonly remove: () => Promise<void> };

const makeRoot = async (tools: Tools, { program, folders, addressBytes }: Seen): Promise<OwnRoot> => {
  const root = await mkdtemp(join(tmpdir(), 'syncline-root-'));
  for (const folder of folders) await mkdir(join(root, folder), { recursive: true });
  await mkdir(dirname(join(root, program)), { recursive: true });
  await writeFile(join(root, program), '', { flag: 'a' });
  return {
    command: commandOf(tools, root, [...folders, program], addressBytes),
    // What is mounted is so for the command alone; here these are empty folders.
    remove: () => rm(root, { recursive: true, force: true }),
  };
};

/** What a program may see: itself and these folders, by the paths that they have here. 0 bytes are no bound. */
export type Seen = {
  readonly program: string;
  readonly folders: readonly string[];
  readonly addressBytes: number;
};

const works = async (tools: Tools): Promise<boolean> => {
  const folder = await mkdtemp(join(tmpdir(), 'syncline-root-try-'));
  const seen = { program: tools.shell, folders: [folder], addressBytes: 0 };
  const { command, remove } = await makeRoot(tools, seen);
  try {
    const [unshare = '', ...rest] = command;
    // The shell is not static, so that it cannot run there: that it was reached (127) tells that all else was done.
    return await new Promise((resolve) => {
      execFile(unshare, [...rest, '/nothing'], { timeout: 5_000 }, (error) => resolve(error?.code === 127));
    });
  } finally {
    await remove();
    await rm(folder, { recursive: true, force: true });
  }
};

const findRoots = async (): Promise<Tools | undefined> => {
  const tools = process.platform === 'linux' ? await findTools() : undefined;
  return tools && (await works(tools)) ? tools : undefined;
};

let found: Promise<Tools | undefined> | undefined;

/** A root in which a program sees itself and some folders, and no network; undefined where the user may not make one. */
export const ownRoot = async (seen: Seen): Promise<OwnRoot | undefined> => {
  const tools = await (found ??= findRoots());
  return tools && makeRoot(tools, seen);
};
