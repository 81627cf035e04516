import { RecordType } from "@cauditd/libaudit";

/** Types of records that belong to the system call: they come and go with its SYSCALL record. */
export const CALL_RECORDS: readonly number[] = [
  RecordType.SYSCALL,
  RecordType.PATH,
  RecordType.IPC,
  RecordType.SOCKETCALL,
  RecordType.SOCKADDR,
  RecordType.CWD,
  RecordType.EXECVE,
  RecordType.IPC_SET_PERM,
  RecordType.MQ_OPEN,
  RecordType.MQ_SENDRECV,
  RecordType.MQ_NOTIFY,
  RecordType.MQ_GETSETATTR,
  RecordType.FD_PAIR,
  RecordType.OBJ_PID,
  RecordType.BPRM_FCAPS,
  RecordType.CAPSET,
  RecordType.MMAP,
  RecordType.PROCTITLE,
  RecordType.KERN_MODULE,
  RecordType.TIME_INJOFFSET,
  RecordType.TIME_ADJNTPVAL,
  RecordType.OPENAT2,
  RecordType.CONTAINER_ID,
];
