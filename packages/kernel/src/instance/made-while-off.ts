import { RecordType } from "@cauditd/libaudit";

/**
 * True for a record that is made even while auditing is off (AUD-95): what the security modules
 * and seccomp decided. All others come and go with `enabled`.
 */
export function isMadeWhileOff(type: number): boolean {
  return (
    type === RecordType.USER_AVC ||
    type === RecordType.SECCOMP ||
    type === RecordType.AVC ||
    type === RecordType.SELINUX_ERR ||
    type === RecordType.AVC_PATH ||
    (type >= 1500 && type <= 1599) ||
    (type >= 1800 && type <= 1899)
  );
}
