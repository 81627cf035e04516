import { type AuditFeature, Errno } from "@cauditd/libaudit";
import {
  type ControlReply,
  type ControlSubject,
  type FeatureChange,
  featureRecord,
  reply,
} from "./control-record.ts";

/** The feature bits of AUDIT_SET_FEATURE, in the order of their numbers. */
export const FEATURE_NAMES = ["only_unset_loginuid", "loginuid_immutable"] as const;
/** Name of a feature bit. */
export type FeatureName = (typeof FEATURE_NAMES)[number];

/** What a request asks of one bit; a lock is never taken away. */
export interface FeatureRequest {
  readonly on: boolean;
  readonly lock?: boolean;
}

const OFF: AuditFeature = { on: false, locked: false };

/** The feature bits of one instance. They can be set while it is locked (spec 2.7). */
export class InstanceFeatures {
  readonly #features: Record<FeatureName, AuditFeature> = {
    only_unset_loginuid: OFF,
    loginuid_immutable: OFF,
  };

  /** A bit as it stands. */
  get(name: FeatureName): AuditFeature {
    return this.#features[name];
  }

  /** Puts a bit as it was in an earlier life. */
  restore(name: FeatureName, feature: AuditFeature): void {
    this.#features[name] = { on: feature.on, locked: feature.locked };
  }

  /**
   * Sets bits: all of them, or none when one is locked and would change (EPERM, and a record with
   * res=0). A record is made only when a value changes (AUD-104; kernel audit_set_feature).
   * @param recording whether auditing is on: no record is made while it is off
   */
  set(
    request: Partial<Record<FeatureName, FeatureRequest>>,
    subject: ControlSubject,
    recording: boolean,
  ): ControlReply {
    const changes: FeatureChange[] = [];
    for (const feature of FEATURE_NAMES) {
      const asked = request[feature];
      if (asked === undefined) continue;
      const { on: old, locked: oldLock } = this.#features[feature];
      const newLock = oldLock || asked.lock === true;
      const done = !oldLock || asked.on === old;
      const change = { feature, old, new: asked.on, oldLock, newLock, done };
      if (!done) return reply(Errno.EPERM, recording ? [featureRecord(change, subject)] : []);
      changes.push(change);
    }
    for (const { feature, new: on, newLock: locked } of changes) {
      this.#features[feature as FeatureName] = { on, locked };
    }
    const changed = recording ? changes.filter((change) => change.old !== change.new) : [];
    return reply(
      0,
      changed.map((change) => featureRecord(change, subject)),
    );
  }
}
