/** Told what is going on: one line for people, such as `compiling etcd 3.6.8 (about 50 s)`. */
export type Progress = (line: string) => void;
