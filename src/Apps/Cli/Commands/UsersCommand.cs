using System.CommandLine;
using Quorate.Cli.Common;
using Quorate.Contracts;
using Quorate.Engine.Ports;
using Quorate.Server.Security;
using Spectre.Console;

namespace Quorate.Cli.Commands;

/// <summary>Who may use the server.</summary>
internal static class UsersCommand
{
    public static Command Create() => new("users", "Add and list the server's users.") { CreateAdd(), CreateList() };

    private static Command CreateAdd()
    {
        var name = new Argument<string>("NAME") { Description = $"The user's name: {AccountService.NameRule}." };
        var role = new Option<string?>("--role") { Description = "viewer reads their own history, operator asks, admin does everything (default: operator; the first user: admin).", HelpName = "ROLE" };
        role.AcceptOnlyFromAmong("viewer", "operator", "admin");
        var store = StoreOption.Create();
        var command = new Command("add", "Add a user; the password is asked for, or read from stdin.") { name, role, store };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            StoreOption.Use(workspace, parse.GetValue(store));
            var accounts = (await workspace.OpenStoreAsync(token)).Accounts;
            var password = ReadPassword(workspace.Output, parse.GetValue(name)!);
            var first = (await accounts.ListAsync(token)).Count == 0;
            var asked = parse.GetValue(role) is { } text ? Enum.Parse<UserRole>(text, ignoreCase: true) : first ? UserRole.Admin : UserRole.Operator;
            var user = await new AccountService(accounts, workspace.Time, workspace.Ids).AddAsync(parse.GetValue(name)!, password, asked, token)
                ?? throw QuorateException.Input("user_exists", $"there is a user '{PlainText.Line(parse.GetValue(name)!, 60)}' already", "quorate users list shows them");
            workspace.Output.Result(View(user), console => console.MarkupLine($"[green]{Output.Safe(user.Name)}[/] is added, {RoleOf(user)}"));
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate users add ann", "quorate users add ben --role viewer < password.txt");
    }

    private static Command CreateList()
    {
        var store = StoreOption.Create();
        var command = new Command("list", "Every user, without passwords.") { store };
        command.SetAction((parse, token) => Workspace.RunAsync(parse, async workspace =>
        {
            StoreOption.Use(workspace, parse.GetValue(store));
            var users = await (await workspace.OpenStoreAsync(token)).Accounts.ListAsync(token);
            workspace.Output.Result(new { users = users.Select(View) }, console =>
            {
                if (users.Count == 0)
                {
                    console.MarkupLine("no users; [bold]quorate users add NAME[/] makes the first, an admin");
                    return;
                }

                var table = new Table().Border(workspace.Output.Live ? TableBorder.Rounded : TableBorder.None).BorderColor(Color.Grey);
                table.AddColumns("name", "role", "created", "");
                foreach (var user in users)
                {
                    table.AddRow(Output.Safe(user.Name), RoleOf(user), $"{user.CreatedAt:yyyy-MM-dd HH:mm:ss}Z", user.LockedUntil > workspace.Time.GetUtcNow() ? "[red]locked[/]" : "");
                }

                console.Write(table);
            });
            return ExitCodes.Done;
        }));
        return command.WithExamples("quorate users list --json");
    }

    private static object View(UserAccount user) => new { user.Name, role = RoleOf(user), user.CreatedAt };

    private static string RoleOf(UserAccount user) => user.Role.ToString().ToLowerInvariant();

    /// <summary>Without an echo from a terminal, else the first line of stdin; never an argument, which every user of the machine can see.</summary>
    private static string ReadPassword(Output output, string name)
    {
        if (output.Interactive)
        {
            return output.People.Prompt(new TextPrompt<string>($"Password for {Output.Safe(name)}:").Secret(mask: null));
        }

        Span<char> buffer = stackalloc char[AccountService.LongestPassword + 2];
        var read = Console.In.ReadBlock(buffer);
        var line = buffer[..read];
        var end = line.IndexOfAny('\r', '\n');
        return line[..(end < 0 ? read : end)].ToString();
    }
}
