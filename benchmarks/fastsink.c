/* fastsink PORT [lockstep]: a mail server in one thread that is not the bottleneck.

   It takes letters on loopback, keeps nothing and counts: SIGTERM prints how many there were.
   `lockstep` leaves PIPELINING out of what it offers. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ROOM = 256 * 1024, EVENTS = 256 };

typedef struct {
    int fd;
    int in_text;   /* between DATA and the final dot */
    int begun;     /* some of the text has been seen and dropped */
    size_t filled;
    char bytes[ROOM];
} Dialogue;

static volatile sig_atomic_t stopped;
static long letters;
static char answers[65536];
static size_t answered;
static const char *greeting;

static void stop(int number) { (void)number; stopped = 1; }

static void answer(const char *words) {
    size_t length = strlen(words);
    memcpy(answers + answered, words, length);
    answered += length;
}

static void flush_to(int fd) {
    for (size_t sent = 0; sent < answered;) {
        ssize_t some = write(fd, answers + sent, answered - sent);
        if (some > 0) sent += some;
        else if (errno != EAGAIN) break;
    }
    answered = 0;
}

/* Takes one command line; true when the client says goodbye. */
static int obey(Dialogue *one, const char *line) {
    switch (line[0] & ~32) {
    case 'E': answer(greeting); break;
    case 'D': answer("354 End data with <CR><LF>.<CR><LF>\r\n"); one->in_text = 1; one->begun = 0; break;
    case 'M': answer("250 2.1.0 Ok\r\n"); break;
    case 'Q': answer("221 2.0.0 Bye\r\n"); return 1;
    default: answer("250 2.0.0 Ok\r\n");
    }
    return 0;
}

/* Takes all that is whole; true when the client says goodbye. */
static int proceed(Dialogue *one) {
    size_t at = 0;
    int bye = 0;
    while (at < one->filled) {
        char *here = one->bytes + at;
        size_t left = one->filled - at;
        if (one->in_text) {
            char *end = NULL;
            if (!one->begun && left >= 3 && !memcmp(here, ".\r\n", 3)) end = here - 2;
            else end = memmem(here, left, "\r\n.\r\n", 5);
            if (!end) {
                size_t keep = left < 4 ? left : 4;
                if (left > 4) one->begun = 1;
                at = one->filled - keep;
                break;
            }
            at = end - one->bytes + 5;
            one->in_text = 0;
            letters++;
            answer("250 2.0.0 Ok: queued\r\n");
        } else {
            char *newline = memchr(here, '\n', left);
            if (!newline) break;
            at = newline - one->bytes + 1;
            if (answered > sizeof answers - 1024) flush_to(one->fd);
            bye |= obey(one, here);
        }
    }
    memmove(one->bytes, one->bytes + at, one->filled - at);
    one->filled -= at;
    flush_to(one->fd);
    return bye;
}

static void welcome(int listener, int poll) {
    int fd, on = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        Dialogue *one = calloc(1, sizeof *one);
        one->fd = fd;
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = one};
        epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
        answer("220 fastsink ESMTP\r\n");
        flush_to(fd);
    }
}

int main(int count, char **words) {
    int lockstep = count > 2 && !strcmp(words[2], "lockstep");
    greeting = lockstep ? "250-fastsink\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n"
                        : "250-fastsink\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n"
                          "250 ENHANCEDSTATUSCODES\r\n";
    signal(SIGTERM, stop);
    signal(SIGPIPE, SIG_IGN);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    struct sockaddr_in place = {.sin_family = AF_INET, .sin_port = htons(atoi(words[1]))};
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(listener, (void *)&place, sizeof place) || listen(listener, 1024)) {
        perror("bind");
        return 1;
    }
    int poll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN}, events[EVENTS];
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    while (!stopped) {
        int ready = epoll_wait(poll, events, EVENTS, 500);
        for (int i = 0; i < ready; i++) {
            Dialogue *one = events[i].data.ptr;
            if (!one) {
                welcome(listener, poll);
                continue;
            }
            ssize_t some = read(one->fd, one->bytes + one->filled, ROOM - one->filled);
            if (some < 0 && errno == EAGAIN) continue;
            one->filled += some > 0 ? some : 0;
            if (some <= 0 || proceed(one)) {
                close(one->fd);
                free(one);
            }
        }
    }
    printf("%ld\n", letters);
    return 0;
}
