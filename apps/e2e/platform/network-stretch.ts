import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** A stretch of network before a port of this machine, whose connections are counted; cut, nothing passes and nobody is told. */
export class NetworkStretch {
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  readonly #server: Server;
  /** Connections that were asked for in all. */
  connections = 0;

  #isCut = false;

  private constructor(port: number) {
    this.#server = createServer((from) => this.#join(from, port));
  }

  static async before(port: number): Promise<NetworkStretch> {
    const stretch = new NetworkStretch(port);
    await new Promise<void>((resolve) => stretch.#server.listen(0, '127.0.0.1', resolve));
    return stretch;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  cut(): void {
    this.#isCut = true;
    for (const pair of this.#pairs) for (const socket of pair) socket.pause();
  }

  /** New connections pass again; those from before are lost, as after every long silence. */
  mend(): void {
    this.#isCut = false;
    this.#end();
  }

  async stop(): Promise<void> {
    this.#end();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #end(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
    this.#pairs.clear();
  }

  #join(from: Socket, port: number): void {
    this.connections += 1;
    const to = connect(port, '127.0.0.1');
    const pair = [from, to] as const;
    this.#pairs.add(pair);
    from.on('error', () => to.destroy()).on('close', () => to.destroy());
    to.on('error', () => from.destroy()).on('close', () => from.destroy());
    from.pipe(to).pipe(from);
    if (this.#isCut) for (const socket of pair) socket.pause();
  }
}
