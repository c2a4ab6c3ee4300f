import { clusterRules } from './cluster-rules/cluster-rules.js';
import { realCluster } from './cluster-rules/rig.js';

clusterRules(realCluster);
