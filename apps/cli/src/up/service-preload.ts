import { setSourceMapsSupport } from 'node:module';

// What each service loads first. Positions in traces are those of our own sources; reading the maps of all packages as
// well would take a third of the time in which a service loads.
setSourceMapsSupport(true, { nodeModules: false, generatedCode: false });
