using System.Globalization;
using System.Text;
using Quorate.Contracts.Sites;

namespace Quorate.Platforms.Services;

/// <summary>Asks a RabbitMQ broker by its own programs in its container: rabbitmqctl starts an Erlang node for each call, which takes a second or two; Erlang's erl_call does not.</summary>
public sealed class RabbitMqAdmin(IPlatform platform, ServiceSpec service)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Where images and packages have it; it reads the expression from its input and the cookie from the home, as rabbitmqctl does.</summary>
    private const string Call =
        """
        for p in erl_call /usr/lib/erlang/bin/erl_call /opt/erlang/lib/erlang/bin/erl_call /usr/local/lib/erlang/bin/erl_call; do
          command -v "$p" >/dev/null 2>&1 && printf '%s\n' "$1" | exec "$p" -sname "${RABBITMQ_NODENAME:-rabbit@$(hostname -s)}" -e
          [ $? -ne 0 ] || exit 0
        done
        exit 127
        """;

    private static readonly TimeSpan CallPatience = TimeSpan.FromSeconds(3);

    /// <summary>The base64 text that an expression of Erlang comes to, a binary.</summary>
    /// <exception cref="PlatformException">The broker refused, or does not answer.</exception>
    public async Task<string> EvaluateAsync(string expression, CancellationToken cancellationToken) =>
        await TryCallAsync(expression, cancellationToken) is { } text ? text : Quoted(await ControlAsync(["eval", expression], cancellationToken));

    /// <summary>What erl_call prints of a list of characters, <c>{ok, "YW"}</c> or, when it is long, <c>{ok, [89, 87]}</c>; null when it says anything else.</summary>
    internal static string? Listed(string printed)
    {
        const string Begin = "{ok, [";
        if (!printed.StartsWith(Begin, StringComparison.Ordinal) || printed.IndexOf(']', StringComparison.Ordinal) is not (> 0 and var end))
        {
            return printed.StartsWith("{ok, \"", StringComparison.Ordinal) ? Quoted(printed) : null;
        }

        var text = new StringBuilder();
        foreach (var number in printed[Begin.Length..end].Split(','))
        {
            if (!byte.TryParse(number, NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out var character))
            {
                return null;
            }

            text.Append((char)character);
        }

        return text.ToString();
    }

    /// <summary>What rabbitmqctl prints of a binary, <c>&lt;&lt;"…"&gt;&gt;</c> over several lines, without what is no base64.</summary>
    internal static string Quoted(string printed)
    {
        var (from, to) = (printed.IndexOf('"', StringComparison.Ordinal), printed.LastIndexOf('"'));
        return from >= 0 && to > from ? string.Concat(printed[(from + 1)..to].Where(c => char.IsAsciiLetterOrDigit(c) || c is '+' or '/' or '=')) : "";
    }

    /// <summary>What rabbitmqctl printed, without its banner.</summary>
    /// <exception cref="PlatformException">The broker refused, or does not answer.</exception>
    public Task<string> ControlAsync(IReadOnlyList<string> command, CancellationToken cancellationToken) =>
        ServiceProgram.RunAsync(platform, service.Name, ["rabbitmqctl", "-q", "--timeout", Patience.TotalSeconds.ToString(CultureInfo.InvariantCulture), .. command], Patience + TimeSpan.FromSeconds(5), cancellationToken);

    private async Task<string?> TryCallAsync(string expression, CancellationToken cancellationToken)
    {
        try
        {
            // Long binaries it cuts short.
            var list = $"binary_to_list(begin {expression.TrimEnd().TrimEnd('.')} end).";
            return await platform.ExecAsync(service.Name, ["sh", "-c", Call, "sh", list], CallPatience, cancellationToken) is { ExitCode: 0 } outcome ? Listed(outcome.Output) : null;
        }
        catch (PlatformException)
        {
            // An image without a shell; rabbitmqctl says what is wrong otherwise.
            return null;
        }
    }
}
