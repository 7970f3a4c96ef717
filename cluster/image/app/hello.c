/* The application of the test images: every rank adds its share of an integral that is pi, and rank 0 prints it. */
#include <mpi.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    const long intervals = 1000000;
    int rank, size;
    double part = 0.0, pi = 0.0;

    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    for (long i = rank; i < intervals; i += size) {
        double x = (i + 0.5) / intervals;
        part += 4.0 / (1.0 + x * x);
    }
    MPI_Reduce(&part, &pi, 1, MPI_DOUBLE, MPI_SUM, 0, MPI_COMM_WORLD);
    if (rank == 0)
        printf("ranks %d pi %.12f\n", size, pi / intervals);
    MPI_Finalize();
    return 0;
}
