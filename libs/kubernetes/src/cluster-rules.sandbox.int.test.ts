import { clusterRules } from './cluster-rules/cluster-rules.js';
import { sandbox } from './cluster-rules/rig.js';

clusterRules(sandbox);
