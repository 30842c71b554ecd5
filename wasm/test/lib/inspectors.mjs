// What tests of isocache/inspect have in common.

import { openInspector } from 'isocache/inspect';

export const newInspector = (options) => openInspector(options);

export const bytes = (string) => Buffer.from(string, 'latin1');
export const text = (reply) => Buffer.from(reply).toString('latin1');
export const feed = (session, request) => text(session.feed(bytes(request)));

/** All that can be seen of a store. */
export function everything(inspector) {
  return {
    now: inspector.now,
    maxBytes: inspector.maxBytes,
    memory: inspector.memory(),
    segments: inspector.segments(),
    items: inspector.items(),
    itemCount: inspector.itemCount,
    ghost: inspector.ghost(),
  };
}
