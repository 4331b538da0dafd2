using Quorate.Contracts;

namespace Quorate.Cli.Common;

/// <summary>A text given as an argument, or on standard input.</summary>
internal static class InputText
{
    private const int Limit = 10 * 1024 * 1024;

    /// <summary>The text itself; for <c>-</c> what standard input holds.</summary>
    /// <exception cref="QuorateException">Input: standard input holds more than 10 MiB.</exception>
    public static async Task<string> ReadAsync(string text, CancellationToken token)
    {
        if (text != "-")
        {
            return text;
        }

        var buffer = new char[Limit + 1];
        var read = await Console.In.ReadBlockAsync(buffer, token);
        return read <= Limit
            ? new string(buffer, 0, read)
            : throw QuorateException.Input("text_too_long", "The text on standard input is longer than 10 MiB.", "Send the part that matters.");
    }
}
