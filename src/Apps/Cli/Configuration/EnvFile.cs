using Quorate.Cli.Common;
using Quorate.Contracts;

namespace Quorate.Cli.Configuration;

/// <summary>
/// A <c>.env</c> file: lines of <c>NAME=value</c>, optionally after <c>export</c>, values bare or in one pair of quotes, comments after
/// <c>#</c> at a line's start or after a space. Nothing is expanded and nothing is executed.
/// </summary>
internal static class EnvFile
{
    public const string FileName = ".env";
    private const int MaxBytes = 64 * 1_024;
    private const int MaxVariables = 256;

    private const string Template = """
        # Keys of model providers. Quorate reads them from here when the environment does not have them, and shows them to nobody.
        # Take the '#' away from what you have.

        # OPENROUTER_API_KEY=
        # SITE_URL=http://localhost:7860
        # SITE_NAME=Quorate
        # OPENAI_API_KEY=
        # ANTHROPIC_API_KEY=
        # SAMBASTUDIO_URL=
        # SAMBASTUDIO_API_KEY=

        """;

    /// <summary>Empty when there is no such file.</summary>
    /// <exception cref="QuorateException">Input: a line is wrong; its number is named, its text is not, for it may hold a key.</exception>
    public static IReadOnlyDictionary<string, string> Read(string path)
    {
        var variables = new Dictionary<string, string>(StringComparer.Ordinal);
        if (!File.Exists(path))
        {
            return variables;
        }

        var number = 0;
        foreach (var line in InputFile.ReadText(path, MaxBytes, "env_invalid").Split('\n'))
        {
            number++;
            var text = line.Trim();
            if (text.Length == 0 || text[0] == '#')
            {
                continue;
            }

            text = text.StartsWith("export ", StringComparison.Ordinal) ? text["export ".Length..].TrimStart() : text;
            var equals = text.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? "" : text[..equals].TrimEnd();
            if (!IsName(name) || ReadValue(text[(equals + 1)..].Trim()) is not { } value)
            {
                throw QuorateException.Input("env_invalid", $"{path} line {number} is not NAME=value", "names have letters, digits and '_'; a value that begins with a quote ends with the same one");
            }

            variables[name] = value;
            if (variables.Count > MaxVariables)
            {
                throw QuorateException.Input("env_invalid", $"{path} has more than {MaxVariables} variables");
            }
        }

        return variables;
    }

    /// <summary>Writes a file to fill in, readable by its owner alone. Does nothing when there is one; false then.</summary>
    /// <exception cref="QuorateException">Missing: the file cannot be written.</exception>
    public static bool WriteTemplate(string path)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            using var writer = new StreamWriter(path, options);
            writer.Write(Template);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            return false;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw QuorateException.Missing("env_unwritable", $"{path} cannot be written: {error.Message}", "choose another folder with --home", error);
        }
    }

    private static bool IsName(string name) => name.Length is > 0 and <= 128 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    /// <summary>Null for an open quote or text behind a closed one.</summary>
    private static string? ReadValue(string text)
    {
        if (text.Length > 0 && text[0] is '"' or '\'')
        {
            var end = text.IndexOf(text[0], 1);
            var rest = end < 0 ? "x" : text[(end + 1)..].TrimStart();
            return rest.Length == 0 || rest[0] == '#' ? text[1..end] : null;
        }

        var comment = text.IndexOf(" #", StringComparison.Ordinal);
        return (comment < 0 ? text : text[..comment]).TrimEnd() is var value && value.Any(char.IsControl) ? null : value;
    }
}

/// <summary>Variables from the environment, else from <c>.env</c> in the working folder, else from the one in the home folder.</summary>
internal sealed class EnvironmentValues
{
    private readonly IReadOnlyList<IReadOnlyDictionary<string, string>> _files;

    private EnvironmentValues(IReadOnlyList<IReadOnlyDictionary<string, string>> files) => _files = files;

    public static IReadOnlyList<string> FilesOf(string home) => [Path.GetFullPath(EnvFile.FileName), Path.Combine(home, EnvFile.FileName)];

    /// <exception cref="QuorateException">Input: a file is wrong.</exception>
    public static EnvironmentValues Load(string home) => new([.. FilesOf(home).Distinct().Select(EnvFile.Read)]);

    /// <summary>Null when it is nowhere set.</summary>
    public string? Get(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } real ? real
        : _files.Select(f => f.GetValueOrDefault(name)).FirstOrDefault(v => !string.IsNullOrEmpty(v));
}
