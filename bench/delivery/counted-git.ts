import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Passes everything on to a server of this machine and counts the requests. */
export class CountedGit {
  #requests = 0;
  readonly #server;
  readonly #target: URL;

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server = createServer((asked, answer) => {
      this.#requests += 1;
      const { method, headers } = asked;
      const { hostname, port } = this.#target;
      const passed = request({ hostname, port, path: asked.url, method, headers }, (given) => {
        answer.writeHead(given.statusCode ?? 502, given.headers);
        given.pipe(answer);
      });
      passed.on('error', () => answer.destroy());
      asked.pipe(passed);
    });
  }

  static async before(target: string): Promise<CountedGit> {
    const counted = new CountedGit(target);
    await new Promise<void>((resolve) => counted.#server.listen(0, '127.0.0.1', resolve));
    return counted;
  }

  get requests(): number {
    return this.#requests;
  }

  /** The address of the repository by way of here. */
  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}${this.#target.pathname}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
