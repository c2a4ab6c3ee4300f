import type { ArtifactEvent, RegistryEvent } from '@syncline/events';

const nameOf = ({ url, name, version }: ArtifactEvent['data']['artifact']): string =>
  `${name ?? url.replace(/\/+$/, '').split('/').at(-1) ?? url} ${version}`;

/** What an event of a chart or artifact says. */
export const artifactText = (event: ArtifactEvent): string => {
  const artifact = nameOf(event.data.artifact);
  switch (event.type) {
    case 'ArtifactResolved': {
      const { resolved, previous } = event.data;
      const before = previous === undefined ? '' : `, before ${previous.version}`;
      return `${artifact} is ${resolved.version} (${resolved.digest.slice(0, 12)})${before}`;
    }
    case 'ArtifactFailed':
      return `${artifact} cannot be had (${event.data.class}): ${event.data.reason}`;
    case 'ArtifactRecovered':
      return `${artifact} can be had again`;
    default:
      return event satisfies never;
  }
};

/** What an event of a registry says. */
export const registryText = ({ data }: RegistryEvent): string => {
  const how = `${data.credential ? 'with' : 'without'} a credential${data.plainHttp ? ', not encrypted' : ''}`;
  return `registered: ${data.url}, ${how}`;
};
