/* A program without MPI, for images without MPI. */
#include <stdio.h>

int main(void)
{
    puts("alone");
    return 0;
}
