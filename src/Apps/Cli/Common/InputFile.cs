using System.Text;
using Quorate.Contracts;

namespace Quorate.Cli.Common;

/// <summary>A text file that a person names.</summary>
internal static class InputFile
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>What the file holds; whatever is wrong with it is told with the file's name.</summary>
    /// <param name="path">As for <see cref="ReadText"/>.</param>
    /// <param name="most">Bytes allowed.</param>
    /// <param name="code">Of the error of a file that cannot be read.</param>
    /// <param name="read">Makes it of the text.</param>
    /// <exception cref="QuorateException">Input: it is not there, cannot be read, is too large or no UTF-8; or what <paramref name="read"/> finds.</exception>
    public static T Read<T>(string path, int most, string code, Func<string, T> read)
    {
        var text = ReadText(path, most, code);
        try
        {
            return read(text);
        }
        catch (QuorateException error) when (error.Kind == ErrorKind.Input)
        {
            throw QuorateException.Input(error.Code, $"{path}: {error.Message}", error.Hint, error);
        }
    }

    /// <param name="path">Any file: a pipe or a device is read as well, up to the limit.</param>
    /// <param name="most">Bytes allowed.</param>
    /// <param name="code">The error's code.</param>
    /// <exception cref="QuorateException">Input: it is not there, cannot be read, is too large or no UTF-8.</exception>
    public static string ReadText(string path, int most, string code)
    {
        try
        {
            var bytes = BoundedFile.Read(path, most);
            return bytes.Length <= most
                ? Strict.GetString(bytes).TrimStart('\uFEFF')
                : throw QuorateException.Input(code, $"{path} has more than {most} bytes; at most {most} are allowed.", "split it, or leave out what is not needed");
        }
        catch (DecoderFallbackException error)
        {
            throw QuorateException.Input(code, $"{path} is not UTF-8 from byte {error.Index + 1} on.", "save it as UTF-8 text", error);
        }
        catch (Exception error) when (IsFileProblem(error))
        {
            throw Unreadable(path, code, error);
        }
    }

    public static bool IsFileProblem(Exception error) => error is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException;

    /// <summary>The error of a file that cannot be read.</summary>
    public static QuorateException Unreadable(string path, string code, Exception error) => QuorateException.Input(
        code,
        path.Length == 0 ? "the path of a file is empty."
        : error is FileNotFoundException or DirectoryNotFoundException ? $"{path} does not exist."
        : Directory.Exists(path) ? $"{path} is a folder; a file is needed."
        : path.Contains('\0') ? "a path holds a NUL character."
        : $"{path} cannot be read: {error.Message}",
        "check the path; relative ones start at the current folder",
        error);
}
