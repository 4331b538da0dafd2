using System.CommandLine;
using Quorate.Contracts;

namespace Quorate.Cli.Messaging;

/// <summary>Which broker carries messages, said so that no password stands in the list of processes.</summary>
internal static class BrokerAddress
{
    private const string Variable = "QUORATE_BROKER";
    private const string Form = "amqp://USER:PASSWORD@HOST:5672/VHOST";

    public static Option<string?> CreateOption() => new("--broker")
    {
        Description = $"RabbitMQ carries opinions, bids and roles: amqp://HOST:PORT/VHOST for a broker without a password, or the name of an environment variable that holds {Form} (default: ${Variable} if it is set, else they stay in this process).",
        HelpName = "ADDRESS|VARIABLE",
    };

    /// <summary>Null: none.</summary>
    /// <exception cref="QuorateException">Input: broker_password, broker_address. Missing: broker_variable.</exception>
    public static Uri? Read(string? option)
    {
        if (option is null)
        {
            return Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } set ? Parse(set, $"${Variable}") : null;
        }

        if (option.Contains("://", StringComparison.Ordinal))
        {
            var address = Parse(option, "--broker");
            return address.UserInfo.Contains(':', StringComparison.Ordinal)
                ? throw QuorateException.Input("broker_password", "--broker has a password in it, which everybody sees in the list of processes", $"export {Variable}={Form} instead, or name another variable: --broker VARIABLE")
                : address;
        }

        return Environment.GetEnvironmentVariable(option) is { Length: > 0 } value ? Parse(value, $"${option}")
            : throw QuorateException.Missing("broker_variable", $"--broker names the environment variable '{PlainText.Line(option, 60)}', which is not set", $"export it as {Form}");
    }

    // What is wrong with an address is said without it: it may hold a password.
    private static Uri Parse(string text, string from) => Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "amqp" or "amqps" ? address
        : throw QuorateException.Input("broker_address", $"{from} is no amqp:// or amqps:// address", Form);
}
