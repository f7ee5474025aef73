/* commands.h - the command line, one file a command. argv[0] is what its messages start with: "undertone" and the
 * command. */
#ifndef COMMANDS_COMMANDS_H
#define COMMANDS_COMMANDS_H

enum { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

int command_serve(int argc, char **argv);
int command_listen(int argc, char **argv);
int command_play(int argc, char **argv);
int command_analyze(int argc, char **argv);
int command_import(int argc, char **argv);
int command_features(int argc, char **argv);
int command_model(int argc, char **argv);
int command_playbook(int argc, char **argv);
int command_calls(int argc, char **argv);
int command_export(int argc, char **argv);
int command_delete(int argc, char **argv);
int command_backup(int argc, char **argv);
int command_restore(int argc, char **argv);
int command_audit(int argc, char **argv);
int command_devices(int argc, char **argv);
int command_demo(int argc, char **argv);

#endif
