import { spawn, type ChildProcess } from 'node:child_process';

/**
 * Reads `+pid` and `-pid` lines; when its input ends, because whoever fed it ended in any way, it ends the process
 * groups that are still on the list: first politely, then not. `-s` is what every sh knows: dash takes no `-TERM --`.
 */
const script = `
pids=" "
while read -r line; do
  case "$line" in
    +*) pids="$pids\${line#+} " ;;
    -*) pids=$(printf '%s' "$pids" | sed "s/ \${line#-} / /") ;;
  esac
done
for pid in $pids; do kill -s TERM -- "-$pid" 2>/dev/null; done
n=0
while [ $n -lt 50 ]; do
  alive=0
  for pid in $pids; do kill -s 0 -- "-$pid" 2>/dev/null && alive=1; done
  [ $alive = 0 ] && exit 0
  n=$((n+1)); sleep 0.1
done
for pid in $pids; do kill -s KILL -- "-$pid" 2>/dev/null; done
`;

let reaper: ChildProcess | undefined;

const ensure = (): ChildProcess => {
  if (reaper?.exitCode === null) return reaper;
  reaper = spawn('sh', ['-c', script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  reaper.unref();
  reaper.stdin?.on('error', () => undefined);
  (reaper.stdin as { unref?: () => void } | null)?.unref?.();
  return reaper;
};

/** From now on the process group of `pid` ends when this process does, even by SIGKILL. */
export const guardGroup = (pid: number): void => void ensure().stdin?.write(`+${pid}\n`);

/** The process group has ended; its number may be somebody else's from now on. */
export const releaseGroup = (pid: number): void => void ensure().stdin?.write(`-${pid}\n`);
