#include "members.h"
#include "scan.h"
