// Whether the service in this container says that it is ready: the health check of its container.
const answer = await fetch('http://127.0.0.1:8080/readyz', { signal: AbortSignal.timeout(3_000) }).catch(
  () => undefined,
);
process.exit(answer?.ok ? 0 : 1);
