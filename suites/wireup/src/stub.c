/* Stands in for an MPI library while linking: only its name (given to the linker) and its symbols matter, and a program that uses
   one which is not listed here fails to link. Never loaded, never shipped. */

#define CALL(name) void name(void) {}
#define DATA(name) char name[512];

CALL(MPI_Abort)
CALL(MPI_Allgather)
CALL(MPI_Allreduce)
CALL(MPI_Alltoall)
CALL(MPI_Bcast)
CALL(MPI_Comm_rank)
CALL(MPI_Comm_size)
CALL(MPI_Finalize)
CALL(MPI_Gather)
CALL(MPI_Get_library_version)
CALL(MPI_Get_version)
CALL(MPI_Ibarrier)
CALL(MPI_Init)
CALL(MPI_Irecv)
CALL(MPI_Isend)
CALL(MPI_Reduce)
CALL(MPI_Testall)

#ifdef STUB_WITH_DATA
/* Open MPI's handles are addresses of data in its library; the other ABIs' are numbers. */
DATA(ompi_mpi_byte)
DATA(ompi_mpi_char)
DATA(ompi_mpi_comm_world)
DATA(ompi_mpi_double)
DATA(ompi_mpi_int)
DATA(ompi_mpi_long_long_int)
DATA(ompi_mpi_op_max)
DATA(ompi_mpi_op_min)
DATA(ompi_mpi_op_sum)
#endif
